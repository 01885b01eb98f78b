// The live network beside the notebook. The kernel sends the drawing as HTML of its own making (labkit/notebook/live.py); here it is put on the page.
(() => {
  "use strict";

  const PANEL = "labkit.panel"; // opened by the kernel: show the panel
  const LIVE = "labkit.live"; // opened here: send drawings
  const WAITING = "<p>No lab yet: run the notebook's first cell.</p>";

  let shared; // JupyterLab's own modules, by name and version

  async function load(name) {
    const [version] = Object.values(shared[name]);
    return (await version.get())();
  }

  class Network {
    constructor(app, notebook) {
      this.app = app;
      this.notebook = notebook;
      notebook.sessionContext.statusChanged.connect(this.renew, this); // a kernel that was busy may know labkit now
      notebook.disposed.connect(() => this.panel?.dispose());
    }

    get kernel() {
      return this.notebook.sessionContext.session?.kernel;
    }

    async open() {
      if (!this.panel || this.panel.isDisposed) this.panel = await this.makePanel();
      if (!this.panel.isAttached) this.app.shell.add(this.panel, "main", { mode: "split-right", ref: this.notebook.id, activate: false });
      this.renew();
    }

    async makePanel() {
      const { Widget } = await load("@lumino/widgets");
      const panel = new Widget();
      panel.id = `labkit-network-${this.notebook.id}`;
      panel.title.label = "Network";
      panel.title.caption = "The lab's network, drawn again whenever it changes";
      panel.title.closable = true;
      Object.assign(panel.node.style, { overflow: "auto", padding: "8px", background: "var(--jp-layout-color1)" });
      panel.node.classList.add("jp-RenderedHTMLCommon");
      panel.node.innerHTML = WAITING;
      panel.onCloseRequest = () => panel.dispose(); // by itself it would only be hidden, and go on being drawn
      panel.disposed.connect(() => this.hangUp());
      return panel;
    }

    renew() {
      const kernel = this.kernel;
      if (!this.panel || this.panel.isDisposed || kernel?.status !== "idle") return;
      if (this.comm && !this.comm.isDisposed) return;
      this.comm = kernel.createComm(LIVE);
      this.comm.onMsg = (message) => {
        if (!this.panel.isDisposed) this.panel.node.innerHTML = message.content.data.html;
      };
      this.comm.onClose = () => { this.comm = null; };
      this.comm.open({});
    }

    hangUp() {
      if (this.comm && !this.comm.isDisposed) this.comm.close();
      this.comm = null;
    }
  }

  function watchNotebook(app, notebook, seen) {
    if (!notebook?.sessionContext || !notebook.content?.model || seen.has(notebook)) return;
    const network = new Network(app, notebook);
    seen.set(notebook, network);
    const listen = (kernel) => kernel?.registerCommTarget(PANEL, (comm) => { network.open(); comm.close(); });
    notebook.sessionContext.kernelChanged.connect((_, change) => listen(change.newValue));
    listen(network.kernel);
  }

  const plugin = {
    id: "labkit-network:plugin",
    autoStart: true,
    activate: (app) => {
      const seen = new WeakMap();
      const watchCurrent = () => {
        const notebook = app.shell.currentWidget;
        notebook?.context?.ready.then(() => watchNotebook(app, notebook, seen));
      };
      app.shell.currentChanged.connect(watchCurrent);
      app.restored.then(watchCurrent);
      app.commands.addCommand("labkit:network", {
        label: "Show the Lab's Network Beside the Notebook",
        execute: () => seen.get(app.shell.currentWidget)?.open(),
      });
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["labkit-network"] = {
    init: (scope) => { shared = scope; },
    get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
  };
})();
