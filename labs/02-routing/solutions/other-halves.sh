# Two routes for the halves of a network instead of one for the whole.
# like: reference
halves() { # MACHINE FIRST SECOND NEIGHBOUR
    on "$1" ip route replace "$2" via "$4"
    on "$1" ip route replace "$3" via "$4"
}
#: far-network
halves router1 {{ lan3 | subnet(0, 25) }} {{ lan3 | subnet(1, 25) }} {{ router2.address }}

#: far-way-back
halves {{ c.name }} 0.0.0.0/1 128.0.0.0/1 {{ c.gateway }}
halves router2 {{ lan1 | subnet(0, 25) }} {{ lan1 | subnet(1, 25) }} {{ b.gateway }}

#: after repair
halves {{ c.name }} 0.0.0.0/1 128.0.0.0/1 {{ c.gateway }}
halves router2 {{ lan1 | subnet(0, 25) }} {{ lan1 | subnet(1, 25) }} {{ b.gateway }}
