// The look of what is loaded only when it is used; the sheet of the page's choice comes after it.
export default function styled(root, website) {
  return (root.styled ||= new Promise((go) => {
    const css = document.createElement("link");
    css.rel = "stylesheet";
    css.href = new URL(website.style, import.meta.url);
    css.onload = css.onerror = go;
    root.prepend(css);
  }));
}
