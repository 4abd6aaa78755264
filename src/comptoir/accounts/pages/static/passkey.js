// Passkeys: the only thing on these pages that needs a script. A form with data-passkey asks the
// browser with the options it holds and sends the browser's answer to the server.
"use strict";
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const readable = (options) => {
    const made = { ...options, challenge: bytes(options.challenge) };
    if (made.user) made.user = { ...made.user, id: bytes(made.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      if (made[list]) made[list] = made[list].map((key) => ({ ...key, id: bytes(key.id) }));
    }
    return made;
  };

  const answer = (credential) => {
    const given = credential.response;
    const response = { clientDataJSON: text(given.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (given[name]) response[name] = text(given[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: {},
    });
  };

  const wire = (form) => {
    const fault = form.querySelector("[role=alert]");
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      fault.hidden = true;
      try {
        const publicKey = readable(JSON.parse(form.dataset.options));
        const made = form.dataset.passkey === "get"
          ? await navigator.credentials.get({ publicKey })
          : await navigator.credentials.create({ publicKey });
        form.elements.credential.value = answer(made);
        form.submit();
      } catch {
        fault.hidden = false;
      }
    });
    form.hidden = false;
  };

  if (window.PublicKeyCredential) document.querySelectorAll("form[data-passkey]").forEach(wire);
})();
