# SPDX-License-Identifier: MPL-2.0
# A boot file for each vendor: the vendor class (option 60) begins with a key of the table.
#
#   "parameters": { "script": "boot-files.py", "parameters": {
#       "next-server": "192.0.2.4",
#       "files": { "PXEClient:Arch:00007": "ipxe.efi", "PXEClient": "undionly.kpxe", "AcmePhone": "phone.cfg" } } }
import kea

files = kea.parameters.get("files", {})
vendors = sorted(files, key=len, reverse=True)  # the longest one that fits


@kea.on("pkt4_send")
def send(call):
    vendor_class = call.query.option("vendor-class-identifier") or b""
    for vendor in vendors:
        if vendor_class.startswith(vendor.encode()):
            call.response.siaddr = kea.parameters["next-server"]
            call.response.file = files[vendor]
            return
