"""The one table: items in, items out, conditions that answer instead of raising.

Expressions name attributes as ``#name`` and values as ``:name``; the aliases that DynamoDB wants, since half of the
English language is reserved there, are made from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from time import sleep
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError

from labelmill.errors import TransientError
from labelmill_aws.errors import code_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
Key = tuple[str, str]

INDEX: Final = "gsi1"
WORKSPACE_INDEX: Final = "gsi2"
OPEN_INDEX: Final = "gsi3"
FAILED: Final = "ConditionalCheckFailedException"
MAX_BATCH: Final = 100
MAX_WRITES: Final = 25
BATCH_TRIES: Final = 6


class Put(NamedTuple):
    """An item to be written, on a condition."""

    item: Item
    condition: str = ""
    values: Mapping[str, Any] | None = None


class Delete(NamedTuple):
    """An item to be deleted, on a condition."""

    key: Key
    condition: str = ""
    values: Mapping[str, Any] | None = None


class Check(NamedTuple):
    """An item that is left alone, but whose condition has to hold."""

    key: Key
    condition: str
    values: Mapping[str, Any] | None = None


class Table:
    """The table, by its name."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self.name = name

    def get(self, pk: str, sk: str) -> Item | None:
        """An item as it is now."""
        answer = self._client.get_item(TableName=self.name, Key=self._key((pk, sk)), ConsistentRead=True)
        return self._read(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Those of the items that exist, as they are now."""
        found: dict[Key, Item] = {}
        for start in range(0, len(keys), MAX_BATCH):
            wanted: Any = {self.name: {"Keys": [self._key(key) for key in keys[start : start + MAX_BATCH]]}}
            wanted[self.name]["ConsistentRead"] = True
            for tried in range(BATCH_TRIES):
                answer = self._client.batch_get_item(RequestItems=wanted)
                for raw in answer["Responses"].get(self.name, []):
                    item = self._read(raw)
                    found[item["pk"], item["sk"]] = item
                wanted = answer.get("UnprocessedKeys")
                if not wanted:
                    break
                sleep(0.05 * 2**tried)
            else:
                raise TransientError(f"BatchGetItem: {self.name} gave only a part of {len(keys)} items")
        return found

    def put(self, item: Item, condition: str = "", values: Mapping[str, Any] | None = None) -> bool:
        """Write an item.

        Args:
            item: All of it, with ``pk`` and ``sk``.
            condition: What must hold for what is stored; none writes in any case.
            values: Values of the condition.

        Returns:
            False when the condition does not hold.
        """
        request = self._request(condition, values, condition=condition)
        try:
            self._client.put_item(TableName=self.name, Item=self._write(item), **request)
        except ClientError as error:
            if code_of(error) == FAILED:
                return False
            raise
        return True

    def update(
        self, pk: str, sk: str, expression: str, condition: str = "", values: Mapping[str, Any] | None = None
    ) -> Item | None:
        """Change an item.

        Returns:
            The item afterwards; ``None`` when the condition does not hold.
        """
        request = self._request(f"{expression} {condition}", values, condition=condition)
        try:
            answer = self._client.update_item(
                TableName=self.name,
                Key=self._key((pk, sk)),
                UpdateExpression=expression,
                ReturnValues="ALL_NEW",
                **request,
            )
        except ClientError as error:
            if code_of(error) == FAILED:
                return None
            raise
        return self._read(answer["Attributes"])

    def delete(self, pk: str, sk: str, condition: str = "", values: Mapping[str, Any] | None = None) -> bool:
        """Delete an item that may be there.

        Returns:
            False when the condition does not hold.
        """
        request = self._request(condition, values, condition=condition)
        try:
            self._client.delete_item(TableName=self.name, Key=self._key((pk, sk)), **request)
        except ClientError as error:
            if code_of(error) == FAILED:
                return False
            raise
        return True

    def delete_many(self, keys: Sequence[Key]) -> None:
        """Delete items, whether they are there or not."""
        for start in range(0, len(keys), MAX_WRITES):
            deletes = [{"DeleteRequest": {"Key": self._key(key)}} for key in keys[start : start + MAX_WRITES]]
            wanted: Any = {self.name: deletes}
            for tried in range(BATCH_TRIES):
                wanted = self._client.batch_write_item(RequestItems=wanted).get("UnprocessedItems")
                if not wanted:
                    break
                sleep(0.05 * 2**tried)
            else:
                raise TransientError(f"BatchWriteItem: {self.name} took only a part of {len(keys)} deletions")

    def page(
        self,
        pk: str,
        *,
        limit: int,
        prefix: str = "",
        index: str = "",
        after: Mapping[str, str] | None = None,
        newest_first: bool = False,
    ) -> tuple[list[Item], bool]:
        """Some items of a partition, sorted.

        Args:
            pk: The partition.
            limit: Items at most.
            prefix: What the sort keys begin with.
            index: One of the indexes, which may lag behind by a moment; empty for the table itself.
            after: All keys of the item before, of the table and the index; ``None`` begins.
            newest_first: Read in descending order.

        Returns:
            The items, and whether there may be more behind them.
        """
        partition, order = (f"{index}pk", f"{index}sk")
        expression = f"#{partition} = :pk" + (f" AND begins_with(#{order}, :prefix)" if prefix else "")
        values = {"pk": pk, **({"prefix": prefix} if prefix else {})}
        request = self._request(expression, values) | {"ScanIndexForward": not newest_first, "Limit": limit}
        request |= {"IndexName": index} if index else {"ConsistentRead": True}
        if after is not None:
            request["ExclusiveStartKey"] = {name: {"S": value} for name, value in after.items()}
        answer = self._client.query(TableName=self.name, KeyConditionExpression=expression, **request)
        return [self._read(item) for item in answer["Items"]], "LastEvaluatedKey" in answer

    def select(
        self,
        pk: str,
        index: str,
        *,
        limit: int,
        where: Mapping[str, str],
        after: Mapping[str, str] | None = None,
    ) -> tuple[list[Item], str]:
        """Those of some items of an index that have certain values, in descending order.

        Args:
            pk: The partition.
            index: The index, which may lag behind by a moment.
            limit: Items to look at, at most.
            where: Attribute -> the text that it must be.
            after: All keys of the item before, of the table and the index; ``None`` begins.

        Returns:
            The items, and the index' sort key of the last one that was looked at; empty when there are no more.
        """
        filters = " AND ".join(f"#{name} = :{name}" for name in where)
        request = self._request(f"#{index}pk {filters}", {**where, "pk": pk})
        request |= {"FilterExpression": filters} if filters else {}
        if after is not None:
            request["ExclusiveStartKey"] = {name: {"S": value} for name, value in after.items()}
        answer = self._client.query(
            TableName=self.name,
            IndexName=index,
            KeyConditionExpression=f"#{index}pk = :pk",
            ScanIndexForward=False,
            Limit=limit,
            **request,
        )
        last = answer.get("LastEvaluatedKey", {}).get(f"{index}sk", {}).get("S", "")
        return [self._read(item) for item in answer["Items"]], last

    def query(self, pk: str, prefix: str = "", *, index: bool = False, newest_first: bool = False) -> Iterator[Item]:
        """All items of a partition, sorted.

        Args:
            pk: The partition.
            prefix: What the sort keys begin with.
            index: Read the index instead, which may lag behind by a moment.
            newest_first: Read in descending order.
        """
        partition, order = ("gsi1pk", "gsi1sk") if index else ("pk", "sk")
        expression = f"#{partition} = :pk" + (f" AND begins_with(#{order}, :prefix)" if prefix else "")
        values = {"pk": pk, **({"prefix": prefix} if prefix else {})}
        request = self._request(expression, values) | {"ScanIndexForward": not newest_first}
        request |= {"IndexName": INDEX} if index else {"ConsistentRead": True}
        while True:
            answer = self._client.query(TableName=self.name, KeyConditionExpression=expression, **request)
            yield from map(self._read, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put_all(self, puts: Sequence[tuple[Item, str, Mapping[str, Any]]]) -> bool:
        """Write several items, all of them or none.

        Args:
            puts: Item, condition and the condition's values of each; at most 100.

        Returns:
            False when a condition does not hold, or another writer was at one of them.
        """
        return not self.write_all([Put(item, condition, values) for item, condition, values in puts])

    def write_all(self, writes: Sequence[Put | Delete | Check]) -> list[int]:
        """Write, delete and check several items, all of them or none.

        Args:
            writes: What to do, each of another item; at most 100.

        Returns:
            Positions of those whose condition does not hold, or which another writer was at; nothing was done then.
            Empty when all is done.
        """
        actions: Any = [self._action(write) for write in writes]
        try:
            self._client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if code_of(error) != "TransactionCanceledException":
                raise
            reasons: Any = error.response.get("CancellationReasons", [])
            codes = [reason.get("Code", "None") for reason in reasons]
            if set(codes) - {"None", "ConditionalCheckFailed", "TransactionConflict"}:
                raise TransientError(f"TransactWriteItems: {', '.join(sorted(set(codes)))}") from error
            return [index for index, code in enumerate(codes) if code != "None"] or [0]
        return []

    def _action(self, write: Put | Delete | Check) -> dict[str, Any]:
        request = {"TableName": self.name, **self._request(write.condition, write.values, write.condition)}
        if isinstance(write, Put):
            return {"Put": request | {"Item": self._write(write.item)}}
        name = "Delete" if isinstance(write, Delete) else "ConditionCheck"
        return {name: request | {"Key": self._key(write.key)}}

    def _request(self, text: str, values: Mapping[str, Any] | None, condition: str = "") -> dict[str, Any]:
        request: dict[str, Any] = {}
        if condition:
            request["ConditionExpression"] = condition
        names = sorted(set(re.findall(r"#\w+", text)))
        if names:
            request["ExpressionAttributeNames"] = {name: name[1:] for name in names}
        if values:
            request["ExpressionAttributeValues"] = {f":{name}": self._put(value) for name, value in values.items()}
        return request

    def _key(self, key: Key) -> dict[str, Any]:
        return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}

    def _write(self, item: Item) -> dict[str, Any]:
        return {name: self._put(value) for name, value in item.items()}

    def _read(self, item: Mapping[str, Any]) -> Item:
        return {name: _plain(self._types[1].deserialize(value)) for name, value in item.items()}

    def _put(self, value: Any) -> Any:
        return self._types[0].serialize(value)

    @cached_property
    def _types(self) -> tuple[Any, Any]:
        from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

        return TypeSerializer(), TypeDeserializer()


def _plain(value: Any) -> Any:
    """Numbers as Python has them: the table only ever holds whole ones."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
