// Talks to the address in its argument with the official Node client; prints what it saw as JSON.
const { Client } = require("@hubspot/api-client");

const client = new Client({
  accessToken: "pat-na1-sandbox",
  basePath: process.argv[2],
  numberOfApiCallRetries: 0,
});
const contacts = client.crm.contacts;
const seen = {};

async function main() {
  const made = await contacts.basicApi.create({
    properties: { email: "Node@Example.com", firstname: "Nora" },
    associations: [],
  });
  seen.email = made.properties.email;

  for (let batch = 0; batch < 2; batch++) {
    const inputs = Array.from({ length: 100 }, (_, n) => ({
      properties: { email: `n${batch}-${n}@example.com` },
      associations: [],
    }));
    await contacts.batchApi.create({ inputs });
  }
  seen.everyone = (await contacts.getAll(100)).length;

  const found = await contacts.searchApi.doSearch({
    filterGroups: [
      { filters: [{ propertyName: "email", operator: "EQ", value: "node@example.com" }] },
    ],
    properties: ["email"],
    sorts: [],
    limit: 10,
    after: "0",
  });
  seen.found = found.results.map((row) => row.id === made.id);

  const upserted = await contacts.batchApi.upsert({
    inputs: [{ id: "node@example.com", idProperty: "email", properties: { firstname: "N" } }],
  });
  seen.isNew = upserted.results[0]._new;

  try {
    await contacts.basicApi.getById("12");
  } catch (error) {
    seen.missing = error.code;
  }
  try {
    await contacts.basicApi.create({ properties: { email: "000" }, associations: [] });
  } catch (error) {
    seen.invalid = [error.code, error.body.category];
  }

  const list = await client.crm.lists.listsApi.create({
    name: "Nurture",
    objectTypeId: "0-1",
    processingType: "MANUAL",
  });
  await client.crm.lists.membershipsApi.add(list.list.listId, [made.id]);
  const members = await client.crm.lists.membershipsApi.getPage(list.list.listId);
  seen.members = members.results.length;

  const tokens = await client.oauth.tokensApi.create(
    "refresh_token",
    undefined,
    undefined,
    "sandbox-client",
    "sandbox-secret",
    "sandbox-refresh",
  );
  seen.expiresIn = tokens.expiresIn;
}

main().then(
  () => console.log(JSON.stringify(seen)),
  (error) => { console.error(error); process.exit(1); },
);
