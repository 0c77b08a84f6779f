// Loads the stylesheet of parts that are loaded when they are used. It comes before the page's own stylesheet, which can override it.
export default function loadStyles(root, website) {
  return (root.styled ||= new Promise((go) => {
    const css = document.createElement("link");
    css.rel = "stylesheet";
    css.href = new URL(website.style, import.meta.url);
    css.onload = css.onerror = go;
    root.prepend(css);
  }));
}
