// One binary for all programs of a cluster: it is what it is called by, as busybox is.
// The pages of its code are then shared by every program of every world.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/coredns/coredns/coremain"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": manager.NewControllerManagerCommand,
	"kube-proxy":              proxy.NewProxyCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}

func main() {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	go followMemory()
	switch command, known := commands[name]; {
	case known:
		os.Exit(cli.Run(command()))
	case name == "etcd":
		wal.SegmentSizeBytes = 4 << 20 // etcd's 64 MB, twice, would be half of what a machine's files may take
		etcdmain.Main(os.Args)
	case name == "coredns":
		coremain.Run()
	case name == "flanneld-real":
		if err := runFlanneld(); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %s\n", name, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "%s: this file is called by the name of one of its programs\n", name)
		os.Exit(2)
	}
}
