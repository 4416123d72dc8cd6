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
    body: JSON.stringify(body),
  }).catch(() => Response.error());
  if (!response.ok) {
    // If the server is down, a proxy may respond with HTML, or nothing responds at all.
    const { message } = await response.json().catch(() => ({}));
    // What the server says about a wrong CSRF token is advice for an API client.
    const changed = response.status === 400 && "Your login may have changed. Reload the page.";
    const error = new Error(changed || message || "The server does not respond. Try again in a moment.");
    error.isAboutField = [409, 422].includes(response.status);
    throw error;
  }
}

function sendOnSubmit(form, method, proceed) {
  const problem = form.querySelector("[role=alert]");
  const field = form.querySelector("input");
  let isSending = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // A disabled button would lose the keyboard focus.
    if (isSending) {
      return;
    }
    isSending = true;
    problem.textContent = "";
    field.ariaInvalid = "false";
    send(method, Object.fromEntries(new FormData(form)))
      .then(proceed, (error) => {
        isSending = false;
        problem.textContent = error.message;
        field.ariaInvalid = String(error.isAboutField);
      });
  });
}

if (account) {
  account.hidden = false;
  const [rename, deletion] = account.querySelectorAll("form");
  sendOnSubmit(rename, "PUT", () => location.reload());
  sendOnSubmit(deletion, "DELETE", () => location.assign(account.dataset.home));
}
