// Uses the client that @hey-api/openapi-ts makes of the document. See __main__.py.
import { client } from "./client/client.gen";
import {
  changeReturnTags,
  changeTagsOfReturns,
  getReturn,
  listReturns,
  listTags,
  sendReturns,
} from "./client/sdk.gen";
import type { FeedRecord } from "./client/types.gen";

client.setConfig({
  baseUrl: process.env.DESK,
  auth: () => process.env.TOKEN,
});
const check = (is: boolean, what: string): void => {
  if (!is) throw new Error(what);
  console.log(`ok: ${what}`);
};

const reference = "Client-hey-api";
const record: FeedRecord = {
  returnReferenceNumber: reference,
  state: "ReturnCreated",
  createdAt: "2026-01-05T09:30:00Z",
  updatedAt: new Date().toISOString(),
};
const sent = await sendReturns({ body: { items: [record] } });
check(sent.data?.items[0]?.errors.length === 0, "a typed record is taken");
const old = { ...record, updatedAt: "2026-01-06T09:30:00Z" };
const again = await sendReturns({ body: { items: [old] } });
check(again.data?.items[0]?.result === "older", "an older record is answered older");

const read = await getReturn({ path: { reference }, query: { include: ["tag"] } });
check(typeof read.data?.changedAt === "string", "a return has its own time");
const etag = read.response?.headers.get("ETag") ?? "";
const headers = { "If-Match": etag };
const body = { referenceNumber: reference, add: [`client-${Date.now()}`] };
const changed = await changeReturnTags({ headers, body });
check(changed.data?.added.length === 1, `tags were changed: ${changed.data?.tag}`);
const late = await changeReturnTags({ headers, body: { ...body, add: ["late"] } });
check(late.response?.status === 412, "who has read an older state is told so");
const many = await changeTagsOfReturns({
  body: { items: [{ referenceNumber: reference, remove: changed.data?.added }] },
});
check(many.data?.changed === 1, "a batch answers for each return");

const followed = await listReturns({ query: { sort: "changed", cursor: "", include: ["tag"] } });
check(typeof followed.data?.nextCursor === "string", "who follows has a next cursor");
const dqb = `o=Equals|None&p=returnReferenceNumber&v=${reference}`;
const asked = await listReturns({ query: { dqb, state: ["ReturnCreated", "Completed"] } });
check(asked.data?.items[0]?.returnReferenceNumber === reference, "dqb finds the return");
const wrong = await listReturns({ query: { createdAt: ["never"] } });
const failure = wrong.error;
const isNamed =
  failure !== undefined && "error" in failure && failure.error.errors[0]?.property === "createdAt";
check(isNamed, "errors are typed, too");
const tags = await listTags();
check((tags.data?.items.length ?? 0) > 0, "the vocabulary is listed");
