// Small comforts; the page works without them.
"use strict";

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  const search = document.querySelector("input[type=search]");
  if (event.key === "/" && !typing && search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

// A field that was changed is marked, and the others are left out of what is sent.
for (const form of document.querySelectorAll("form.fields")) {
  const before = new Map([...form.elements].map((field) => [field, field.value]));
  form.addEventListener("input", (event) => {
    const field = event.target;
    field.classList.toggle("changed", field.value !== before.get(field));
  });
  form.addEventListener("submit", () => {
    for (const [field, value] of before) {
      if (field.name.startsWith("field:") && field.value === value) field.disabled = true;
    }
  });
}

// The call log follows what happens.
if (document.querySelector("[data-refresh]")) {
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("[data-refresh]").replaceWith(next.querySelector("[data-refresh]"));
  }, 2000);
}
