// A modal dialog of the page's (showModal) makes all that is outside of it inert. While one is open the chat is inside it, in the top layer
// by itself, so that nothing of the dialog's moves or cuts it. Loaded when the page opens one.
let stack = [], timer;

export default function modal(dialog, host) {
  stack.push(dialog);
  const settle = () => {
    stack = stack.filter((d) => d.isConnected && d.matches(":modal"));
    const to = stack[stack.length - 1] || document.documentElement;
    if (host.parentNode !== to) {
      host.style.display = "none"; // till it is styled again
      host.popover = null;
      to.append(host);
      if (stack.length) {
        host.popover = "manual";
        host.showPopover();
      }
    }
    if (!stack.length) timer = clearInterval(timer);
  };
  settle();
  if (stack.length) timer ||= setInterval(settle, 100); // a dialog that is removed says nothing
}
