"""What is made from a lab's files for people: lessons, notebooks, teacher's pages, tables."""
