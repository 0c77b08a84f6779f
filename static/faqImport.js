// The import of FAQ entries: look first, then do; the file stays chosen in between.
(() => {
  const form = document.getElementById("import"), fates = document.getElementById("fates"), working = document.getElementById("working");
  async function post(digest) {
    const data = new FormData(form);
    data.set("digest", digest);
    working.textContent = digest ? "Importing…" : "Reading the file…";
    try {
      const res = await fetch(form.action, { method: "POST", body: data, headers: { "HX-Request": "true" } });
      if (res.status === 401) {
        const link = document.createElement("a");
        link.href = "/login";
        link.target = "_blank";
        link.textContent = "Log in in a new tab";
        fates.replaceChildren("Your session has ended. ", link, ", then try again here. The file stays chosen.");
        working.textContent = "";
        return;
      }
      const box = new DOMParser().parseFromString(await res.text(), "text/html");
      fates.replaceChildren(...box.body.childNodes);
      fates.querySelector("[tabindex]")?.focus();
    } catch {
      fates.textContent = "The server cannot be reached. Please try again in a moment.";
    }
    working.textContent = "";
  }
  form.addEventListener("submit", (e) => { e.preventDefault(); post(""); });
  form.addEventListener("change", () => fates.replaceChildren());
  fates.addEventListener("click", (e) => {
    const go = e.target.closest("[data-import]");
    if (go) { go.disabled = true; post(go.dataset.import); }
  });
})();
