"use strict";

// Disable the buttons of a form while it is sent, so that a double click sends it once. Without
// this script, the server recognizes the second request.
function setDisabled(form, disabled) {
  for (const button of form.querySelectorAll("button")) {
    button.disabled = disabled;
  }
}

addEventListener("submit", (event) => {
  // Another script has taken over and sends the form itself.
  if (event.defaultPrevented) {
    return;
  }
  setDisabled(event.target, true);
  // Enable the buttons after ten seconds: the user may have stopped loading the next page.
  setTimeout(setDisabled, 10000, event.target, false);
});

// The Back button may show the page as it was left.
addEventListener("pageshow", () => {
  for (const form of document.forms) {
    setDisabled(form, false);
  }
});
