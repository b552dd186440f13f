// Runs jsforce, unmodified, through everything it can do with a lead; prints what it got as JSON.
const jsforce = require("jsforce");

const [base] = process.argv.slice(2);
const told = {};

async function main() {
  const conn = new jsforce.Connection({
    instanceUrl: base, accessToken: "00D-sandbox-session", version: "60.0",
  });
  const lead = conn.sobject("Lead");
  const rows = [1, 2, 3].map((n) => ({
    LastName: `M${n}`, Company: "C", Leadrelay_Id__c: `k${n}`,
  }));
  const made = await lead.create(rows);
  told.created = made.map((one) => one.success);
  const upserted = await lead.upsert(
    [{ Leadrelay_Id__c: "k1", City: "Wien" }, { Leadrelay_Id__c: "k9", LastName: "N", Company: "C" }],
    "Leadrelay_Id__c",
  );
  told.upserted = upserted.map((one) => one.created);
  const found = await lead
    .find({ LastName: { $like: "M%" } }, "Id,Name,Owner.Name").sort("-Name").limit(2);
  told.found = found.map((one) => [one.Name, one.Owner.Name]);
  told.retrieved = (await lead.retrieve(made.map((one) => one.id))).map((one) => one.City);
  told.fields = (await lead.describe()).fields.length;
  told.objects = (await conn.describeGlobal()).sobjects.length;
  told.deleted = (await lead.destroy([made[2].id])).map((one) => one.success);
  told.refused = await lead.create({ LastName: "X" }).catch((error) => error.errorCode);
  told.identity = (await conn.identity()).username;
  conn.bulk2.pollInterval = conn.bulk.pollInterval = 20;
  const bulk2 = await conn.bulk2.loadAndWaitForResults({
    object: "Lead", operation: "insert", input: [{ LastName: "B1", Company: "C" }, { LastName: "B2" }],
  });
  told.bulk2 = [bulk2.successfulResults.length, bulk2.failedResults.length];
  told.bulk2query = (await (await conn.bulk2.query("SELECT Id, LastName FROM Lead")).toArray()).length;
  const bulk1 = await conn.bulk.load("Lead", "upsert", { extIdField: "Leadrelay_Id__c" }, [
    { LastName: "B3", Company: "C", Leadrelay_Id__c: "k10" }, { LastName: "B4" },
  ]);
  told.bulk1 = bulk1.map((one) => one.success);
  told.bulk1query = (await (await conn.bulk.query("SELECT Id FROM Lead")).toArray()).length;
  let count = 0;
  await new Promise((resolve, reject) => {
    conn.query("SELECT Id FROM Account ORDER BY Id")
      .on("record", () => { count += 1; }).on("end", resolve).on("error", reject)
      .run({ autoFetch: true, maxFetch: 10000 });
  });
  told.paged = count;
  const soap = new jsforce.Connection({ loginUrl: base, version: "60.0" });
  told.soap = (await soap.login("integration@acme.example.com", "sandbox-password")).id.slice(0, 3);
  const oauth2 = { loginUrl: base, clientId: "sandbox-client", clientSecret: "sandbox-secret" };
  const stale = new jsforce.Connection({
    oauth2, instanceUrl: base, refreshToken: "sandbox-refresh", accessToken: "ended", version: "60.0",
  });
  told.refreshed = (await stale.query("SELECT Id FROM User")).totalSize;
}

main().then(
  () => console.log(JSON.stringify(told)),
  (error) => { console.error(error); process.exit(1); },
);
