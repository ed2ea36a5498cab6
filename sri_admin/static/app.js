"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const showConnection = () => {
    document.querySelectorAll("[data-offline]").forEach((part) => { part.hidden = navigator.onLine; });
  };

  const focusSummary = (within) => {
    const summary = within.querySelector("[data-summary]");
    if (summary) summary.focus();
  };

  const closeMenus = (except) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (menu !== except) menu.open = false;
    });
  };

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    const step = event.target.closest("[data-step]");
    if (!step) return;
    const field = step.parentElement.querySelector("input");
    if (field.type === "number") {
      if (Number(step.dataset.step) > 0) field.stepUp(); else field.stepDown();
    } else {
      // A field for text takes the digits of any keyboard; Arabic and Persian ones end in the same four bits as ours.
      const typed = Number(field.value.replace(/[٠-٩۰-۹]/g, (digit) => digit.charCodeAt(0) & 15)) || 0;
      field.value = Math.max(0, typed + Number(step.dataset.step));
    }
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // A second press while the first is under way would send the form twice.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.defaultPrevented) return;
    if (button.getAttribute("aria-disabled") === "true") { event.preventDefault(); return; }
    if (event.target.method !== "post") return;
    button.setAttribute("aria-disabled", "true");
    if (!button.dataset.working) return;
    button.style.minInlineSize = `${button.offsetWidth}px`;
    button.dataset.rest = button.textContent;
    button.textContent = button.dataset.working;
  });

  // A page taken back from the browser's memory must not keep a button that says "Sending…".
  window.addEventListener("pageshow", (event) => {
    showConnection();
    if (!event.persisted) return;
    document.querySelectorAll("[aria-disabled='true']").forEach((button) => {
      button.removeAttribute("aria-disabled");
      if (button.dataset.rest) button.textContent = button.dataset.rest;
    });
  });
  window.addEventListener("online", showConnection);
  window.addEventListener("offline", showConnection);
  document.addEventListener("DOMContentLoaded", () => { showConnection(); focusSummary(document); });
  document.addEventListener("htmx:afterSwap", (event) => focusSummary(event.target));
})();
