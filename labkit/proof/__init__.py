"""The proof of a lab's checks: every world they could meet is built, and each must get the verdict it deserves."""
