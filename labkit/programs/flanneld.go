// flanneld of flannel's own packages, for Kubernetes and VXLAN alone. Its main.go can't be had: it imports the client of a cloud that
// Go's public proxy refuses. The order of the steps is its own.
package main

import (
	"context"
	"flag"
	"os/signal"
	"sync"
	"syscall"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
	"github.com/flannel-io/flannel/pkg/trafficmngr/iptables"
	"k8s.io/klog/v2"
)

const (
	annotations  = "flannel.alpha.coreos.com"
	resyncPeriod = 5 // seconds between two looks at the rules of iptables
)

// runFlanneld sets this node's flannel.1, rules and subnet.env up, and follows the other nodes until SIGTERM. The node is $NODE_NAME.
func runFlanneld() error {
	conf := flag.String("net-config-path", "/etc/kube-flannel/net-conf.json", "the network's configuration")
	kubeconfig := flag.String("kubeconfig-file", "", "which API server, and as whom; a pod's own without it")
	file := flag.String("subnet-file", "/run/flannel/subnet.env", "what the CNI plugin reads")
	masquerade := flag.Bool("ip-masq", false, "masquerade what leaves the network")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	subnets, err := kube.NewSubnetManager(ctx, "", *kubeconfig, annotations, *conf, true)
	if err != nil {
		return err
	}
	config, err := subnets.GetNetworkConfig(ctx)
	if err != nil {
		return err
	}
	family, err := ipmatch.GetIPFamily(config.EnableIPv4, config.EnableIPv6)
	if err != nil {
		return err
	}
	link, err := ipmatch.LookupExtIface("", "", "", family, ipmatch.PublicIPOpts{})
	if err != nil {
		return err
	}
	kind, err := backend.NewManager(ctx, subnets, link).GetBackend(config.BackendType)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	network, err := kind.RegisterNetwork(ctx, &all, config)
	if err != nil {
		return err
	}
	rules := &iptables.IPTablesManager{}
	if err := rules.Init(ctx); err != nil {
		return err
	}
	if *masquerade {
		err := rules.SetupAndEnsureMasqRules(ctx, config.Network, ip.IP4Net{}, ip.IP4Net{}, config.IPv6Network,
			ip.IP6Net{}, ip.IP6Net{}, network.Lease(), resyncPeriod, false)
		if err != nil {
			return err
		}
	}
	rules.SetupAndEnsureForwardRules(ctx, config.Network, config.IPv6Network, resyncPeriod)
	lease := network.Lease()
	if err := subnets.HandleSubnetFile(*file, config, *masquerade, lease.Subnet, lease.IPv6Subnet, network.MTU()); err != nil {
		return err
	}
	klog.Infof("Wrote subnet file to %s", *file)
	all.Go(func() { network.Run(ctx) })
	err = subnets.CompleteLease(ctx, lease, &all)
	all.Wait()
	return err
}
