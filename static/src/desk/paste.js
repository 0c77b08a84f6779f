// Pasting and dropping. Text comes before pictures: spreadsheets and word processors copy a picture of the text along, so the text is
// inserted and the picture is offered. Pictures and files alone are staged to be sent.
import { composer, panes, textArea } from "./dom.js";
import { inFocus } from "./panes.js";
import { load } from "./paneLoading.js";
import { offerPicture, stage } from "./attachments.js";

// Removes invisible characters, which presentations and terminals copy along, and makes line breaks of theirs \n (the server does the same
// in its fail package). In a field of one line, line breaks and tabs become spaces.
const invisible = /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufff9-\ufffc]/g;
function cleanText(text, field) {
  const seen = text.replace(/\r\n?|[\v\f\x85\u2028\u2029]/g, "\n").replace(invisible, "");
  return field.tagName === "INPUT" ? seen.replace(/[\n\t]+/g, " ").trim() : seen;
}

const block = /^(?:ADDRESS|ARTICLE|BLOCKQUOTE|DD|DIV|DL|DT|FIGURE|FOOTER|H[1-6]|HEADER|HR|LI|OL|P|PRE|SECTION|TABLE|TR|UL)$/;

// Returns the text of an HTML document: a line for each block and row, a tab between cells.
export function textOf(html) {
  let out = "";
  const newLine = () => { out = out.replace(/ +$/, ""); if (out && !out.endsWith("\n")) out += "\n"; };
  const walk = (node, preformatted) => {
    for (const n of node.childNodes) {
      if (n.nodeType === Node.TEXT_NODE) {
        const text = preformatted ? n.data : n.data.replace(/[ \t\r\n\f]+/g, " ");
        out += /(?:^|\s)$/.test(out) && !preformatted ? text.replace(/^ /, "") : text;
      }
      if (n.nodeType !== Node.ELEMENT_NODE || /^(?:HEAD|STYLE|SCRIPT|TITLE|TEMPLATE)$/.test(n.tagName)) continue;
      if (n.tagName === "BR") out = out.replace(/ +$/, "") + "\n";
      if (/^T[DH]$/.test(n.tagName) && n.previousElementSibling) out = out.replace(/ +$/, "") + "\t";
      const apart = block.test(n.tagName);
      if (apart) newLine();
      walk(n, preformatted || n.tagName === "PRE");
      if (apart) newLine();
    }
  };
  walk(new DOMParser().parseFromString(html, "text/html").body);
  return out.replaceAll("\u00a0", " ").replace(/^\n+|\s+$/g, "");
}

// Reports whether a text only names the files or the picture that come with it, as file managers and browsers add it.
function isFileName(text, html, files) {
  const lines = text.split(/[\r\n]+/).filter((l) => l.trim());
  if (lines.every((l) => /^file:\/\//.test(l) || files.some((f) => f.name && (l === f.name || l.endsWith("/" + f.name) || l.endsWith("\\" + f.name))))) return true;
  return lines.length === 1 && /^(?:https?|data|blob):\S+$/.test(text.trim()) && files.every((f) => f.type.startsWith("image/")) && !textOf(html);
}

// Returns the text to insert; empty if there is none.
function textOfTransfer(data, files) {
  const plain = data.getData("text/plain"), html = data.getData("text/html");
  if (!plain.trim()) return html ? textOf(html) : "";
  return files.length && isFileName(plain, html, files) ? "" : plain;
}

const fieldOf = (e) => e.target.closest?.('textarea, input:not([type="checkbox"], [type="radio"], [type="password"], [type="file"])');

function insert(field, text) {
  field.focus();
  // As if it were typed, so that it can be undone; with a long text this would be slow.
  if (text.length < 20000 && document.execCommand?.("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function attach(pane, files) {
  const whole = await load(pane);
  if (whole) stage(whole, files.map((f) => (f.name ? f : new File([f], "picture.png", { type: f.type }))));
}

function receive(e, data) {
  if (!data || e.defaultPrevented) return;
  const pane = e.target.closest?.(".pane"), files = [...data.files], text = textOfTransfer(data, files);
  const field = fieldOf(e) || (pane && composer(pane) && files.length ? textArea(composer(pane)) : null);
  if (text && field && !field.readOnly && !field.disabled) {
    const put = cleanText(text, field);
    if (put !== data.getData("text/plain").replace(/\r\n?/g, "\n") || files.length && e.type === "drop") { // else the browser does it
      e.preventDefault();
      insert(field, put);
    }
    if (files.length && pane && composer(pane)?.contains(field)) offerPicture(pane, files);
    return;
  }
  if (!files.length) return;
  if (pane || e.type === "drop") e.preventDefault(); // the page must not make room for the file
  const to = pane || (e.type === "drop" && !fieldOf(e) ? inFocus() : null);
  if (to && (pane || e.target.closest?.("#panes"))) {
    attach(to, files);
    if (composer(to)) textArea(composer(to)).focus();
  }
}

const unmark = () => { for (const p of panes.querySelectorAll(".dropping")) p.classList.remove("dropping"); };
document.addEventListener("paste", (e) => receive(e, e.clipboardData));
document.addEventListener("dragover", (e) => {
  if (![...(e.dataTransfer?.types || [])].includes("Files")) return;
  e.preventDefault();
  const pane = e.target.closest?.(".pane");
  if (!pane) e.dataTransfer.dropEffect = "none";
  if (!pane?.classList.contains("dropping")) unmark();
  pane?.classList.add("dropping");
});
document.addEventListener("dragleave", (e) => { if (!e.relatedTarget?.closest?.(".dropping")) unmark(); });
document.addEventListener("drop", (e) => { unmark(); receive(e, e.dataTransfer); });
