"""The virtual machine of `./lab vm`: this machine's own files on Debian's kernel, which has all that labs want (vm/README.md)."""
