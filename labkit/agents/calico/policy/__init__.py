"""Who may talk to whom, as Felix works it out: policies of both kinds as one model, and what follows from it as text. Nothing here touches the kernel."""
