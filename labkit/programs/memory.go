// How much memory a program keeps before Go tidies up (GOMEMLIMIT) grows with what it needs. A program with more objects in use than a
// limit that stands still would tidy up without end: etcd and kube-apiserver did so with two hundred pods.
package main

import (
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	between = time.Second // two looks
	room    = 1.6         // of what is in use; less costs processor time
	much    = 0.1         // of the limit: smaller changes are not worth stopping the program for
)

// followMemory keeps the limit at what is in use and some room, and at no less than GOMEMLIMIT, for ever. Without that there is no limit.
func followMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		return
	}
	least := float64(debug.SetMemoryLimit(-1))
	limit := least
	for range time.Tick(between) {
		wanted := math.Max(least, readNeed())
		if math.Abs(wanted-limit) > much*limit {
			limit = wanted
			debug.SetMemoryLimit(int64(limit))
		}
	}
}

// readNeed: bytes; of what the last tidying left with its room, and all that tidying can't give back (stacks, gaps between objects).
func readNeed() float64 {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	rest := float64(samples[1].Value.Uint64())
	for _, each := range samples[2:] {
		rest -= float64(each.Value.Uint64())
	}
	return room*float64(samples[0].Value.Uint64()) + rest
}
