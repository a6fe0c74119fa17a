// Verifies a credential and its JWT with other people's libraries; everything it may know comes on standard input.
import { readFileSync } from "node:fs";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import { cryptosuite } from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import * as vc from "@digitalbazaar/vc";
import { importJWK, jwtVerify } from "jose";

const given = JSON.parse(readFileSync(0, "utf8"));
const methods = Object.fromEntries(given.did.verificationMethod.map((one) => [one.id, one]));

async function documentLoader(url) {
  const document = given.contexts[url]
    || (methods[url] && { "@context": given.did["@context"], ...methods[url] })
    || (url === given.did.id && given.did);
  if (!document) {
    throw new Error(`nothing is fetched: ${url}`);
  }
  return { contextUrl: null, documentUrl: url, document };
}

const suite = new DataIntegrityProof({ cryptosuite });
const checked = await vc.verifyCredential({
  credential: given.credential, suite, documentLoader, checkStatus: async () => ({ verified: true }),
});
let token = false;
try {
  const header = JSON.parse(Buffer.from(given.token.split(".")[0], "base64url").toString());
  const key = await importJWK(methods[header.kid].publicKeyJwk, header.alg);
  const { payload } = await jwtVerify(given.token, key, { issuer: given.did.id });
  token = payload.jti === given.credential.id;
} catch (error) {
  console.error(String(error));
}
if (!checked.verified) {
  console.error(JSON.stringify(checked.error, Object.getOwnPropertyNames(checked.error ?? {})).slice(0, 2000));
}
console.log(JSON.stringify({ embedded: checked.verified, token }));
