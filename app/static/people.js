"use strict";

// Rename or delete the user's own account with PUT and DELETE, which HTML forms cannot send.
const account = document.getElementById("account");

async function send(method, body) {
  const response = await fetch(account.dataset.url, {
    method,
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": account.dataset.token,
    },
    body: body && JSON.stringify(body),
  }).catch(() => Response.error());
  if (!response.ok) {
    // If the server is down, a proxy may respond with HTML, or nothing responds at all.
    const { message } = await response.json().catch(() => ({}));
    throw new Error(message || "The server does not respond. Try again in a moment.");
  }
}

function attempt(action, proceed) {
  const problem = account.querySelector("[role=alert]");
  problem.textContent = "";
  action.then(proceed, (error) => { problem.textContent = error.message; });
}

if (account) {
  account.hidden = false;
  account.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(send("PUT", { username: account.elements.username.value }), () => location.reload());
  });
  document.getElementById("delete").addEventListener("click", () => {
    attempt(send("DELETE"), () => location.assign(account.dataset.home));
  });
}
