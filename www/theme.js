/* Before anything is drawn: the theme that was chosen here last. The choice itself is in app.js. */
(function () {
  try {
    const chosen = localStorage.getItem('theme');
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
  } catch {
    /* storage is forbidden: the system's theme it is */
  }
})();
