// An application in the browser that signs people in as @prestashopcorp/vue-auth does: the same
// settings of oidc-client-ts, the same addresses. `settings` comes from the test.
"use strict";

const here = (name) => `${location.origin}/_auth/${name}`;
const manager = new oidc.UserManager({
  ...settings,
  scope: "openid offline_access",
  response_type: "code",
  redirect_uri: here("callback"),
  popup_redirect_uri: here("popup"),
  silent_redirect_uri: here("silent"),
  post_logout_redirect_uri: here("logout"),
  userStore: new oidc.WebStorageStateStore({ store: window.localStorage }),
  automaticSilentRenew: true,
  silentRequestTimeoutInSeconds: 20,
  filterProtocolClaims: ["nbf", "jti", "auth_time", "nonce", "acr", "azp", "at_hash"],
});

const said = (text) => (document.querySelector("output").textContent = text);

const ARRIVALS = {
  "/_auth/callback": async () => {
    await manager.signinRedirectCallback();
    location.replace("/");
  },
  "/_auth/popup": () => manager.signinPopupCallback(),
  "/_auth/silent": () => manager.signinSilentCallback(),
  "/_auth/logout": async () => {
    // A silent logout carries no state, so only the frame tells it from one by redirect.
    if (window !== window.parent) return manager.signoutSilentCallback();
    await manager.signoutCallback();
    said("signed out");
  },
};

/** Renew in a hidden frame: without a refresh token there is no other way. */
async function renewInFrame() {
  const user = await manager.getUser();
  if (user) {
    delete user.refresh_token;
    await manager.storeUser(user);
  }
  return manager.signinSilent();
}

/** Forget the person first, as vue-auth does. */
async function leave(how) {
  const { id_token } = await manager.getUser();
  await manager.removeUser();
  await manager[how]({ id_token_hint: id_token });
}

/** The `error` that the server refused with; null when it did not. */
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error.error ?? String(error);
  }
  return null;
}

async function arrive() {
  const arrival = ARRIVALS[location.pathname];
  if (arrival) return arrival();
  const user = await manager.getUser();
  said(user ? `signed in: ${user.profile.sub}` : "nobody");
  document.querySelector("output").dataset.token = user?.access_token;
}

document.querySelector("#sign-in").onclick = () => manager.signinRedirect();
document.querySelector("#sign-in-popup").onclick = async () => {
  await manager.signinPopup();
  await arrive();
};
document.querySelector("#sign-out").onclick = () => leave("signoutRedirect");
arrive();
