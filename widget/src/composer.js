// The text that the visitor is writing. It is stored with every change, so that it is not lost with the page.
import { showNotice } from "./connection.js";
import { context } from "./context.js";
import { input } from "./elements.js";
import { keepAtEnd } from "./messageLog.js";
import { draft } from "./storage.js";

// Normalizes a text as the server does: Unicode composed (NFC), without control characters and outer blanks.
export const normalizeText = (text) => text.normalize().replace(/[\0-\b\v\f\x0e-\x1f\x7f-\x9f]/g, "").trim();

// Reports whether a field has too many characters, which are then counted beside it. onSend: the visitor tries to send it.
export function checkLength(field, maxLength, onSend) {
  const n = [...normalizeText(field.value)].length;
  if (n > maxLength || field.countNote) import("./characterCount.js").then((m) => m.default(context, field, maxLength, onSend), () => {
    if (onSend) showNotice(n + " / " + maxLength); // the count was not loaded
  });
  return n > maxLength;
}

// Sets and stores the composer's text, without an argument the present one, and fits its height: up to six lines.
export function setDraft(text) {
  if (text !== undefined) input.value = text;
  draft("", input.value);
  checkLength(input, 4000);
  keepAtEnd(() => { for (input.rows = 1; input.rows < 6 && input.scrollHeight > input.clientHeight + 4;) input.rows++; });
}
