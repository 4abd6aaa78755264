// What openid-client does, for test_openid_client.py: reads one JSON object, writes one.
//
//   node openid_client.mjs begin|finish|leave|itself < INPUT

import * as client from "openid-client";
import { text } from "node:stream/consumers";

const MAX_AGE = 300; // seconds; asked for, it makes auth_time a must
const METHODS = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
};

async function discovered({ issuer, client_id, client_secret, method }) {
  return client.discovery(new URL(issuer), client_id, undefined, METHODS[method](client_secret), {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  });
}

/** The authorization URL, and what must be remembered until the answer comes. */
async function begin(input) {
  const config = await discovered(input);
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expected = {
    pkceCodeVerifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: input.redirect_uri,
    scope: input.scope,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expected.expectedState,
    nonce: expected.expectedNonce,
    max_age: MAX_AGE,
  });
  return { url: url.href, expected, pkce: config.serverMetadata().supportsPKCE() };
}

/** From the answer at the redirect URI to tokens that were renewed twice. */
async function finish(input) {
  const config = await discovered(input);
  const landed = new URL(input.landed);
  const foreign = new URL(landed);
  foreign.searchParams.set("iss", "http://localhost:1");
  const refused = {};
  refused.foreignIssuer = await refusal(
    client.authorizationCodeGrant(config, foreign, input.expected),
  );
  refused.wrongState = await refusal(
    client.authorizationCodeGrant(config, landed, { ...input.expected, expectedState: "other" }),
  );
  const given = await client.authorizationCodeGrant(config, landed, {
    ...input.expected,
    idTokenExpected: true,
    maxAge: MAX_AGE,
  });
  const claims = given.claims();
  const about = await client.fetchUserInfo(config, given.access_token, claims.sub);
  const renewed = await client.refreshTokenGrant(config, given.refresh_token);
  const last = await client.refreshTokenGrant(config, renewed.refresh_token);
  return { given, claims, about, last, lastClaims: last.claims() ?? null, refused };
}

/** Introspection and revocation of an access token, and where to go to leave. */
async function leave(input) {
  const config = await discovered(input);
  const before = await client.tokenIntrospection(config, input.access_token);
  await client.tokenRevocation(config, input.refresh_token, { token_type_hint: "refresh_token" });
  const revoked = await refusal(client.refreshTokenGrant(config, input.refresh_token));
  await client.tokenRevocation(config, input.access_token);
  const after = await client.tokenIntrospection(config, input.access_token);
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: input.id_token,
    post_logout_redirect_uri: input.post_logout_redirect_uri,
    state: input.state,
  });
  return { before, after, revoked, url: url.href };
}

/** A token for the client itself, and what its API says of it. */
async function itself(input) {
  const config = await discovered(input);
  const given = await client.clientCredentialsGrant(config, { audience: input.audience });
  return { given, found: await client.tokenIntrospection(config, given.access_token) };
}

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error.error ?? error.cause?.code ?? error.code ?? error.message;
  }
  return null;
}

const DOES = { begin, finish, leave, itself };
const input = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await DOES[process.argv[2]](input)));
