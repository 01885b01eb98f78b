# cause: missing-policy
# where: control
# report: "All of {{ ns }} stands still. Every program says something else; the addresses they are given by hand work."
# shows: `no name` for every pod of {{ ns }}; nobody allows DNS: the policy with port 53 is gone.
while read -r name; do
    on control kubectl -n {{ ns }} delete networkpolicy "$name"
done < <(on control kubectl -n {{ ns }} get networkpolicy -o go-template='{% raw %}{{range $p := .items}}{{range .spec.egress}}{{range .ports}}{{if eq (printf "%v" .port) "53"}}{{$p.metadata.name}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{% endraw %}' | sort -u)
