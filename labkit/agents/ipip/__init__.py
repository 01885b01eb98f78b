"""IP in IP behind tunl0, where the kernel has none."""
