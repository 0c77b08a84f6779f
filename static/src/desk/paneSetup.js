// Prepares a pane that has just come into the page.
import { restore } from "./composer.js";
import { completeSuggestions } from "./suggestions.js";
import { observeSize, scrollToEnd, showReadMark } from "./threads.js";

// Adds to a whole pane what the script brings: the draft, the keys of its suggestions, the mark of what is read.
export function setUpPane(pane) {
  restore(pane);
  completeSuggestions(pane);
  showReadMark(pane);
  scrollToEnd(pane);
  observeSize(pane);
}
