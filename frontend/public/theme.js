// Puts the chosen theme on the page before its first paint, so that a dark panel does not
// flash white. A classic, blocking, external script: the content security policy allows no
// inline one. The key and the words are those of agent/preferences.ts.
(() => {
  try {
    const theme = localStorage.getItem('asteriskcti.theme');
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  } catch {
    // No storage, no choice: the system's theme holds.
  }
})();
