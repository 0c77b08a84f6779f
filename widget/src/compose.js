// What the visitor writes: as long as it likes, though not everything can be sent; and not lost with the page.
import { input } from "./box.js";
import { keepEnd } from "./log.js";
import { draft } from "./memory.js";
import { drawState, tools } from "./talk.js";
import { say } from "./wire.js";

// As the server takes it: composed (NFC), without control characters.
export const plain = (text) => text.normalize().replace(/[\0-\b\v\f\x0e-\x1f\x7f-\x9f]/g, "").trim();

// Whether a field has too many characters: then they are counted beside it.
export function tooLong(field, most, refused) {
  const n = [...plain(field.value)].length;
  if (n > most || field.counted) import("./count.js").then((m) => m.default(tools(), field, most, refused), () => {
    if (refused) say(n + " / " + most); // not reached
    drawState();
  });
  return n > most;
}

// The composer has another text, or is seen again: in as many lines as that needs, up to six.
export function compose(text) {
  if (text !== undefined) input.value = text;
  draft("", input.value);
  tooLong(input, 4000);
  keepEnd(() => { for (input.rows = 1; input.rows < 6 && input.scrollHeight > input.clientHeight + 4;) input.rows++; });
}
