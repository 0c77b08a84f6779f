// The commands of the desk with their key combinations. What they do is in commands.js, which registers it here.
import { pageData } from "./dom.js";

export const commands = pageData("commands", []); // {id, label, keys}
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

// Returns a key combination as keyboards of this platform label it.
export const readable = (keys) => (isMac ? keys.replace("Ctrl", "⌘").replace("Alt", "⌥").replace("Shift", "⇧").replaceAll("+", "") : keys.replaceAll("+", " ").replace("Arrow", ""));
// Returns the key combination of a command, readable; "" if it has none.
export const keyOf = (id) => readable(commands.find((c) => c.id === id)?.keys || "");

const actions = {};
export const register = (more) => Object.assign(actions, more);
export const run = (id) => actions[id]?.();

// Returns the combination of a key press in the form in which keys are stored. Letters and digits are known by the key's position, because
// Alt and Shift change the character.
export function pressed(e) {
  const key = /^(?:Key|Digit)(.)$/.exec(e.code)?.[1] || e.key;
  return [(isMac ? e.metaKey : e.ctrlKey) && "Ctrl", e.altKey && "Alt", e.shiftKey && "Shift", key].filter(Boolean).join("+");
}
