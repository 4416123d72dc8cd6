// A code block or table that is wider than the page scrolls: let the keyboard reach it (WCAG 2.1.1).
// The observer also notices blocks in a tab that is opened, and a window that changes its width.
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll("pre, .table-wrapper")) observer.observe(box);
