"""Frames as they cross every link of many machines at once, in scapy's words."""
