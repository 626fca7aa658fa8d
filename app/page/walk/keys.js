// The whole walk by keyboard: arrows, Space, Home, End, 1 to 6. Numbers and sliders keep their own keys.

/** @param {{go: (step: number) => void, step: () => number}} walk */
export function keys({ go, step }) {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    if (!(at instanceof Element) || at.closest('input, select, textarea, [popover]')) return;
    // Space and Enter belong to whatever can be pressed.
    const control = at.closest('button, a, [role=spinbutton]') !== null;
    if (event.key === 'ArrowRight' || (event.key === ' ' && !control)) go(step() + 1);
    else if (event.key === 'ArrowLeft') go(step() - 1);
    else if (event.key === 'Home') go(1);
    else if (event.key === 'End') go(6);
    else if (/^[1-6]$/.test(event.key)) go(Number(event.key));
    else return;
    event.preventDefault();
  });
}
