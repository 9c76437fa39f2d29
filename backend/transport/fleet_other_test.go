//go:build !linux

package transport

const fleetVariable = "ASTERISKCTI_TEST_FLEET"

func runFleet() {}
