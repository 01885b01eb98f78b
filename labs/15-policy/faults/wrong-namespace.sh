# cause: wrong-namespace
# where: control
# report: "{{ b.name }} shows nothing but errors since its policies were made anew, from the very same file."
# shows: {{ b.name }} to {{ c.name }} is silence, dropped at {{ b.name }}'s cable on its way out: {{ b.name }}-out is in the namespace default.
on control bash -c 'kubectl -n {{ ns }} get networkpolicy {{ b.name }}-out -o json | jq "{apiVersion, kind, spec, metadata: {name: .metadata.name, namespace: \"default\"}}" | kubectl create -f -'
on control kubectl -n {{ ns }} delete networkpolicy {{ b.name }}-out
