"""Pictures for lessons, of mechanisms that have an order or an inside; each maker gives a drawing like that of a network.

`labkit build` writes them to labs/NN/pictures; what each lab has is said in course/pictures.py.
"""
