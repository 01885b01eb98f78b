// Colours `%%on MACHINE` cells as shell, marks exercises, links the start page, and lets the arrow keys move along a journey's hops. A prebuilt extension by hand: JupyterLab asks the container for "./extension".
(() => {
  "use strict";

  const SHELL = "text/x-sh";

  const isShell = (model) => /^\s*%%(on|bash|sh)\b/.test(model.sharedModel.source);

  function colourCell(model, plain) {
    if (isShell(model)) {
      if (model.mimeType !== SHELL) model.mimeType = SHELL;
    } else if (model.mimeType === SHELL) {
      model.mimeType = plain;
    }
  }

  function watchCell(model, notebook, seen) {
    if (model.type !== "code" || seen.has(model)) return;
    seen.add(model);
    const colour = () => colourCell(model, notebook.codeMimetype);
    model.contentChanged.connect(colour);
    model.mimeTypeChanged.connect(colour); // the notebook resets the type when a kernel starts
    colour();
  }

  const STYLE = `
    .lk-exercise .jp-InputArea { border-left: 4px solid var(--jp-brand-color1); }
    .lk-exercise .jp-InputArea::before { content: "Your turn"; position: absolute; right: 8px; top: 2px; z-index: 1; padding: 0 0.5em;
      font-size: 11px; border-radius: 3px; color: var(--jp-content-font-color1); background: var(--jp-layout-color2); pointer-events: none; }
    .lk-exercise .jp-InputArea { position: relative; }
    .lk-course-link { margin: auto 12px; color: var(--jp-content-link-color); font-size: var(--jp-ui-font-size1); }
  `;

  // A text that may not be edited stays as it reads: a double click or Enter would show its source.
  function keepRendered(cell, seen) {
    if (cell.model.type !== "markdown" || cell.model.getMetadata("editable") !== false || seen.has(cell)) return;
    seen.add(cell);
    cell.renderedChanged.connect(() => { if (!cell.rendered) cell.rendered = true; });
  }

  function markCells(notebook, seen) {
    for (const cell of notebook.widgets) {
      cell.node.classList.toggle("lk-exercise", Boolean(cell.model.getMetadata("nbgrader")?.solution));
      keepRendered(cell, seen);
    }
  }

  function addToPage(app) {
    const style = document.createElement("style");
    style.textContent = STYLE;
    document.head.append(style);
    const link = document.createElement("a");
    link.className = "lk-course-link";
    link.textContent = "Course map";
    link.href = new URL("labkit", new URL(app.serviceManager.serverSettings.baseUrl, location.href)).href;
    app.restored.then(() => document.getElementById("jp-top-panel")?.append(link));
  }

  function watchNotebook(panel, seen) {
    const notebook = panel.content;
    const cells = notebook?.model?.cells;
    if (!cells || seen.has(notebook)) return;
    seen.add(notebook);
    const watchAll = () => {
      for (const model of cells) watchCell(model, notebook, seen);
      requestAnimationFrame(() => markCells(notebook, seen)); // the notebook makes its cells after this
    };
    cells.changed.connect(watchAll);
    watchAll();
  }

  // In command mode the notebook takes the arrow keys; on a row of hops they are the browser's, which moves to the next one.
  function leaveArrowsToRadios(event) {
    if (event.key.startsWith("Arrow") && event.target.closest?.(".lk input[type=radio]")) event.stopPropagation();
  }

  const plugin = {
    id: "labkit-shell-cells:plugin",
    autoStart: true,
    activate: (app) => {
      addToPage(app);
      window.addEventListener("keydown", leaveArrowsToRadios, true);
      const seen = new WeakSet();
      const watchCurrent = () => {
        const panel = app.shell.currentWidget;
        panel?.context?.ready.then(() => watchNotebook(panel, seen));
      };
      app.shell.currentChanged.connect(watchCurrent);
      app.restored.then(watchCurrent);
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["labkit-shell-cells"] = {
    init: () => {},
    get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
  };
})();
