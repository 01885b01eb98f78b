"""How the course's JupyterLab is set; nothing of it is written into the home or the environment."""

# ruff: noqa: F821  (`c` is Jupyter's, for its configuration files)
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

course = Path(__file__).resolve().parent

c.Application.log_level = 40  # `./lab up` prints the address itself; warnings here are for operators of servers
c.LabApp.app_settings_dir = str(course / "settings")
c.LabApp.extra_labextensions_path = [str(course / "labextensions")]
c.LabApp.extension_manager = "readonly"
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None  # no prompt, and no request leaves the machine
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_root = True  # a lab is as closed to the host for root as for anybody
c.ServerApp.open_browser = False
c.LanguageServerManager.autodetect = False  # it would run npm, which writes into the home
# What a lab's machines can write to is opened through no link, and no settings are read from it, as jupytext would.
c.ServerApp.contents_manager_class = "labkit.notebook.files.OwnFiles"
c.ServerApp.jpserver_extensions = {"jupyterlab_jupytext": False, "labkit.notebook.start_page": True}
c.ServerApp.extra_template_paths = [str(course / "templates")]  # what somebody without the token is told
c.FileCheckpoints.root_dir = str(Path(jupyter_data_dir(), "checkpoints"))
# Not a login shell: Debian's would take `labkit` off PATH again. Python as everywhere, where the server's own is kept from the current folder.
c.ServerApp.terminado_settings = {"shell_command": ["env", "-u", "PYTHONSAFEPATH", "bash"]}
# Kernels listen on files in a private folder, not on loopback ports that a whole classroom can reach.
c.KernelManager.transport = "ipc"
