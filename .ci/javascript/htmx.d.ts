// Types for htmx 4 and for our own events: only what the scripts in static/js use.

interface HtmxContext {
  sourceElement: Element;
  sourceEvent?: Event;
  target?: Element | null;
  select?: string;
  /** The body of the answer. */
  text?: string;
  /** Whether it only reads, although it is posted. */
  isReading?: boolean;
  request: {
    method: string;
    action: string;
    headers: Record<string, string>;
    body?: FormData | URLSearchParams | null;
    submitter?: HTMLElement | null;
    /** Missing for a page that Back restores: htmx aborts that by itself. */
    abort?(): void;
  };
  /** Missing until an answer has arrived. */
  response?: { raw: Response; status: number };
}

type HtmxEvent = CustomEvent<{ ctx: HtmxContext }>;

interface DocumentEventMap {
  "desk:preview": CustomEvent;
  "combobox-commit": CustomEvent;
  "htmx:config:request": HtmxEvent;
  "htmx:before:request": HtmxEvent;
  "htmx:after:request": HtmxEvent;
  "htmx:finally:request": HtmxEvent;
  "htmx:before:swap": HtmxEvent;
  "htmx:after:swap": HtmxEvent;
  "htmx:finally:swap": HtmxEvent;
  "htmx:response:error": HtmxEvent;
  "htmx:error": CustomEvent<{ ctx?: Partial<HtmxContext> }>;
  "htmx:before:history:update": CustomEvent<{ history: { path: string }; response: { status: number } }>;
}
