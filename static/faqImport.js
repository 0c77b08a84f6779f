// The import of FAQ entries: previews the import, then runs it. The file stays chosen in between.
(() => {
  const form = document.getElementById("import"), results = document.getElementById("import-result"), status = document.getElementById("import-status");
  async function post(digest) {
    const data = new FormData(form);
    data.set("digest", digest);
    status.textContent = digest ? "Importing…" : "Reading the file…";
    try {
      const res = await fetch(form.action, { method: "POST", body: data, headers: { "HX-Request": "true" } });
      if (res.status === 401) {
        const link = document.createElement("a");
        link.href = "/login";
        link.target = "_blank";
        link.textContent = "Log in in a new tab";
        results.replaceChildren("Your session has ended. ", link, ", then try again here. You do not need to choose the file again.");
        status.textContent = "";
        return;
      }
      const box = new DOMParser().parseFromString(await res.text(), "text/html");
      results.replaceChildren(...box.body.childNodes);
      results.querySelector("[tabindex]")?.focus();
    } catch {
      results.textContent = "The server cannot be reached. Try again in a moment.";
    }
    status.textContent = "";
  }
  form.addEventListener("submit", (e) => { e.preventDefault(); post(""); });
  form.addEventListener("change", () => results.replaceChildren());
  results.addEventListener("click", (e) => {
    const go = e.target.closest("[data-import]");
    if (go) { go.disabled = true; post(go.dataset.import); }
  });
})();
