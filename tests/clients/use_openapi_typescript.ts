// Uses the types that openapi-typescript makes of the document. See __main__.py.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type FeedRecord = components["schemas"]["FeedRecord"];

const api = createClient<paths>({
  baseUrl: process.env.DESK,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
});
const check = (is: boolean, what: string): void => {
  if (!is) throw new Error(what);
  console.log(`ok: ${what}`);
};

const reference = "Client-openapi-typescript";
const record: FeedRecord = {
  returnReferenceNumber: reference,
  state: "ArrivedToWarehouse",
  createdAt: "2026-01-05T09:30:00Z",
  updatedAt: new Date().toISOString(),
  arrivedToWarehouseAt: "2026-01-06T09:30:00Z",
  lineItems: [{ lineItemReferenceNumber: "L-1", state: "Undamaged", sku: "MUG" }],
};
const sent = await api.POST("/openapi/v1/feed", { body: { items: [record] } });
check(sent.data?.items[0]?.errors.length === 0, "a typed record is taken");
const old = { ...record, updatedAt: "2026-01-06T09:30:00Z" };
const again = await api.POST("/openapi/v1/feed", { body: { items: [old] } });
check(again.data?.items[0]?.result === "older", "an older record is answered older");

const path = { reference };
const read = await api.GET("/openapi/v1/Returns/{reference}", {
  params: { path, query: { include: ["tag"] } },
});
const changedAt: string | undefined = read.data?.changedAt;
const carrier: string | undefined = read.data?.cargoCarrier;
check(changedAt !== undefined && carrier === undefined, "a return has its own time, and no carrier");
check(read.data?.lineItems?.[0]?.sku === "MUG", "a line item has its SKU");

const etag = read.response.headers.get("ETag") ?? "";
const body = { referenceNumber: reference, add: [`client-${Date.now() % 7}`], remove: [] };
const header = { "If-Match": etag };
const changed = await api.PATCH("/openapi/v1/ReturnTags", { params: { header }, body });
check(changed.data !== undefined, `tags were changed: ${changed.data?.tag}`);
const late = await api.PATCH("/openapi/v1/ReturnTags", {
  params: { header },
  body: { ...body, add: ["late"] },
});
const isLate = changed.data?.added.length ? late.response.status === 412 : true;
check(isLate, "who has read an older state is told so");
const many = await api.PATCH("/openapi/v1/ReturnTags/batch", {
  body: { items: [{ referenceNumber: reference, add: [], remove: ["books"] }] },
});
check(many.data?.unchanged === 1, "a batch answers for each return");

const followed = await api.GET("/openapi/v1/Returns", {
  params: { query: { sort: "changed", cursor: "", count: 100, include: ["tag"] } },
});
check(typeof followed.data?.nextCursor === "string", "who follows has a next cursor");
const asked = await api.GET("/openapi/v1/Returns", {
  params: { query: { dqb: `o=Equals|None&p=returnReferenceNumber&v=${reference}`, count: 1 } },
});
check(asked.data?.dataSetCount === 1, "dqb finds the return");
const wrong = await api.GET("/openapi/v1/Returns", { params: { query: { createdAt: ["never"] } } });
const failure = wrong.error as components["schemas"]["Failure"];
check(failure.error.errors[0]?.property === "createdAt", "errors are typed, too");
const tags = await api.GET("/openapi/v1/Tags", {});
check((tags.data?.items.length ?? 0) > 0, "the vocabulary is listed");
