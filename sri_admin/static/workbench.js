"use strict";
(() => {
  const press = (name) => {
    const target = document.querySelector(`[data-key="${name}"]`);
    if (target) target.click();
    return Boolean(target);
  };

  const insert = (code) => {
    const field = document.getElementById("f-text");
    if (!field) return;
    field.setRangeText(code, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (button) insert(button.dataset.insert);
  });

  document.addEventListener("keydown", (event) => {
    let done = false;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") done = press("save");
    else if (event.altKey && event.key === "ArrowDown") done = press("next");
    else if (event.altKey && event.key === "ArrowUp") done = press("previous");
    else if (event.altKey && event.code === "KeyA") done = press("approve");
    else if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
      const button = document.querySelectorAll("[data-insert]")[Number(event.code.slice(-1)) - 1];
      if (button) { insert(button.dataset.insert); done = true; }
    }
    if (done) event.preventDefault();
  });
})();
