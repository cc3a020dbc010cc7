# SPDX-License-Identifier: MPL-2.0
# The address of a client depends on the port it is on: the circuit-id, sub-option 1 of the relay's option 82. If that
# address is in use, the client gets what the server selected.
#
#   "parameters": { "script": "circuit-address.py", "parameters": { "port-1": "192.0.2.101", "port-2": "192.0.2.102" } }
import kea

addresses = {circuit.encode(): address for circuit, address in kea.parameters.items()}


@kea.on("lease4_select")
def select(call):
    circuit = call.query.option(82, 1)
    address = addresses.get(circuit)
    if address and not call.lease.set("address", address):
        kea.warn(f"{call.query.label}: {address} is not available on {circuit.decode()}")
