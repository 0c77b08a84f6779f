// The button that offers to send a picture of the page, where the website allows it.
import styled from "./styled.js";
import more from "./texts/more.js";

export default function shots({ act, box, icon, drawState, input, make, root, say, texts: words, website }, clip, add) {
  const texts = { ...more, ...words };
  const shot = act("attach shot", icon("M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z"), async () => {
    shot.disabled = true;
    try {
      await styled(root, website);
      await (await import("./shot.js")).default({ act, make }, { host: root.host, box, texts, then: (blob) => { input.focus(); if (blob) add(blob, "page.png"); } });
    } catch {
      say(texts.shot_no);
      drawState();
    }
    shot.disabled = false;
  });
  shot.setAttribute("aria-label", shot.title = texts.shot);
  clip.after(shot);
}
