// The button that sends a picture of the page, where the website allows it.
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

export default function addScreenshotButton({ actionButton, panelElement, icon, input, element, root, showNotice, texts: words, website }, attachButton, addFile) {
  const texts = { ...more, ...words };
  const button = actionButton("attach shot", icon("M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z"), async () => {
    button.disabled = true;
    try {
      await loadStyles(root, website);
      await (await import("./screenshotDialog.js")).default({ actionButton, element }, { host: root.host, panelElement, texts, then: (blob) => { input.focus(); if (blob) addFile(blob, "page.png"); } });
    } catch {
      showNotice(texts.shot_no);
    }
    button.disabled = false;
  });
  button.setAttribute("aria-label", button.title = texts.shot);
  attachButton.after(button);
}
