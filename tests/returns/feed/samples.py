"""Raw records of our own making, with the traits of the WMS's: microseconds between creation
and arrival, an update before the arrival, two returns of one order, 34 digits."""

from typing import Any

Raw = dict[str, Any]


def created(**fields: Any) -> Raw:
    return {
        "source": "WMS",
        "returnReferenceNumber": "Return-70003",
        "salesOrderReferenceNumber": "RSO770000003",
        "state": "ReturnCreated",
        "createdAt": "2024-03-01T09:00:00.000001Z",
        "updatedAt": "2024-03-01T09:00:00.000001Z",
    } | fields


def arrived(**fields: Any) -> Raw:
    return {
        "source": "WMS",
        "returnReferenceNumber": "Return-70002",
        "salesOrderReferenceNumber": "RSO770000001",
        "notes": "Müşteri vazgeçti",
        "state": "ArrivedToWarehouse",
        "trackingId": "9901450414625470014100902000010078",
        "createdAt": "2024-03-02T08:15:22.510942Z",
        "updatedAt": "2024-03-02T08:15:22.510942Z",
        "arrivedToWarehouseAt": "2024-03-02T08:15:22.510998Z",
        "completedAt": None,
    } | fields


def completed(**fields: Any) -> Raw:
    return {
        "source": "WMS",
        "returnReferenceNumber": "Return-70001",
        "salesOrderReferenceNumber": "RSO770000001",
        "notes": "Box was crushed",
        "state": "Completed",
        "trackingId": "9901450414625470014100902000010077",
        "createdAt": "2024-03-01T10:11:18.210942Z",
        "updatedAt": "2024-03-01T10:11:29.446892Z",
        "arrivedToWarehouseAt": "2024-03-01T10:11:18.210998Z",
        "completedAt": "2024-03-01T10:11:29.421256Z",
    } | fields
