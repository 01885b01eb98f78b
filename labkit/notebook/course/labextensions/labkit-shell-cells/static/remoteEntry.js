// Colours `%%on MACHINE` cells as shell. A prebuilt extension by hand: JupyterLab asks the container for "./extension".
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

  function watchNotebook(panel, seen) {
    const notebook = panel.content;
    const cells = notebook?.model?.cells;
    if (!cells || seen.has(notebook)) return;
    seen.add(notebook);
    const watchAll = () => { for (const model of cells) watchCell(model, notebook, seen); };
    cells.changed.connect(watchAll);
    watchAll();
  }

  const plugin = {
    id: "labkit-shell-cells:plugin",
    autoStart: true,
    activate: (app) => {
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
