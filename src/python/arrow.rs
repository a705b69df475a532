//! The Arrow border: tables in and out through `__arrow_c_stream__`, without copying code of any frame library.
//!
//! All of the crate's `unsafe` is here.

use std::ffi::CStr;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::types::{
    ArrowDictionaryKeyType, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, Float64Array, Int64Array, PrimitiveArray, RecordBatch,
    RecordBatchIterator, RecordBatchReader, StringArray, TimestampSecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::rows::{Numbers, Stamps, channel, column_error, no_stamp, seconds};
use crate::error::{Result, nearest};
use crate::ingest::FileOptions;

const STREAM: &CStr = c"arrow_array_stream";

/// The stamps and the columns of a frame, as the reading options name them.
///
/// # Errors
/// As [`batches`], [`stamps`] and [`numbers`].
pub(super) fn columns(frame: &Bound<'_, PyAny>, options: &FileOptions) -> PyResult<(Stamps, Vec<Numbers>)> {
    let (schema, batches) = batches(frame)?;
    let time = options.time.as_deref().unwrap_or("time");
    let stamps = stamps(&schema, &batches, time)?;
    let columns = options.columns.iter().map(|(channel, name)| numbers(&schema, &batches, channel, name));
    Ok((stamps, columns.collect::<Result<_>>()?))
}

/// The batches of anything that offers `__arrow_c_stream__`.
///
/// # Errors
/// An object without it; what the producer says went wrong.
#[allow(unsafe_code)]
fn batches(source: &Bound<'_, PyAny>) -> PyResult<(Arc<Schema>, Vec<RecordBatch>)> {
    let capsule = source.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: the name was checked, so the capsule holds an ArrowArrayStream; `from_raw` moves it out
    // and leaves a released one behind, as the protocol asks of a consumer.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr()) };
    let reader = RecordBatchStreamReader::try_new(stream).map_err(stream_error)?;
    let schema = reader.schema();
    let batches = reader.collect::<std::result::Result<Vec<_>, _>>().map_err(stream_error)?;
    Ok((schema, batches))
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn stream_error(error: ArrowError) -> PyErr {
    PyValueError::new_err(format!("the table's Arrow stream cannot be read: {error}"))
}

/// Position of a column.
///
/// # Errors
/// No such column; near names, or all of them.
fn position(schema: &Schema, name: &str) -> Result<usize> {
    let names = || schema.fields().iter().map(|field| field.name().as_str());
    names().position(|other| other == name).ok_or_else(|| {
        let near = nearest(name, names());
        let problem = if near.is_empty() {
            format!("no such column; the table has {}", names().collect::<Vec<_>>().join(", "))
        } else {
            format!("no such column; near names: {}", near.join(", "))
        };
        column_error(name, problem)
    })
}

/// The stamps in column `name`: timestamps of any unit with or without zone, dates, or text.
///
/// # Errors
/// No such column; another type; a row without a stamp; fractions of a second.
fn stamps(schema: &Schema, batches: &[RecordBatch], name: &str) -> Result<Stamps> {
    let at = position(schema, name)?;
    let arrays: Vec<&ArrayRef> = batches.iter().map(|batch| batch.column(at)).collect();
    let kind = schema.field(at).data_type();
    match kind {
        DataType::Timestamp(unit, zone) => {
            let seconds = match unit {
                TimeUnit::Second => counts::<TimestampSecondType>(name, &arrays, 1),
                TimeUnit::Millisecond => counts::<TimestampMillisecondType>(name, &arrays, 1000),
                TimeUnit::Microsecond => counts::<TimestampMicrosecondType>(name, &arrays, 1_000_000),
                TimeUnit::Nanosecond => counts::<TimestampNanosecondType>(name, &arrays, 1_000_000_000),
            }?;
            Ok(match zone {
                Some(zone) => Stamps::Instants(seconds, zone.to_string()),
                None => Stamps::WallClock(seconds),
            })
        }
        kind => {
            let mut texts = Vec::new();
            for array in arrays {
                append_texts(array.as_ref(), &mut texts).ok_or_else(|| {
                    column_error(name, format!("found type {kind}, expected timestamps or text with date and time"))
                })?;
            }
            let texts = texts.into_iter().enumerate().map(|(row, text)| text.ok_or_else(|| no_stamp(name, row)));
            Ok(Stamps::Texts(texts.collect::<Result<_>>()?))
        }
    }
}

fn counts<T: ArrowPrimitiveType<Native = i64>>(name: &str, arrays: &[&ArrayRef], per_second: i64) -> Result<Vec<i64>> {
    let wrong = || column_error(name, "batches of different types".to_owned());
    let arrays: Vec<&PrimitiveArray<T>> =
        arrays.iter().map(|array| array.as_primitive_opt::<T>().ok_or_else(wrong)).collect::<Result<_>>()?;
    seconds(name, arrays.into_iter().flat_map(PrimitiveArray::iter), per_second)
}

/// Appends text of every string type, dictionaries included; `None` for any other type.
fn append_texts(array: &dyn Array, texts: &mut Vec<Option<String>>) -> Option<()> {
    match array.data_type() {
        DataType::Utf8 => texts.extend(array.as_string_opt::<i32>()?.iter().map(|text| text.map(str::to_owned))),
        DataType::LargeUtf8 => texts.extend(array.as_string_opt::<i64>()?.iter().map(|text| text.map(str::to_owned))),
        DataType::Utf8View => texts.extend(array.as_string_view_opt()?.iter().map(|text| text.map(str::to_owned))),
        DataType::Dictionary(key, _) => match key.as_ref() {
            DataType::Int8 => append_dictionary::<Int8Type>(array, texts)?,
            DataType::Int16 => append_dictionary::<Int16Type>(array, texts)?,
            DataType::Int32 => append_dictionary::<Int32Type>(array, texts)?,
            DataType::Int64 => append_dictionary::<Int64Type>(array, texts)?,
            DataType::UInt8 => append_dictionary::<UInt8Type>(array, texts)?,
            DataType::UInt16 => append_dictionary::<UInt16Type>(array, texts)?,
            DataType::UInt32 => append_dictionary::<UInt32Type>(array, texts)?,
            DataType::UInt64 => append_dictionary::<UInt64Type>(array, texts)?,
            _ => return None,
        },
        _ => return None,
    }
    Some(())
}

fn append_dictionary<K: ArrowDictionaryKeyType>(array: &dyn Array, texts: &mut Vec<Option<String>>) -> Option<()> {
    let dictionary = array.as_dictionary_opt::<K>()?;
    let mut words = Vec::new();
    append_texts(dictionary.values().as_ref(), &mut words)?;
    texts.extend((0..dictionary.len()).map(|row| {
        let word = dictionary.key(row)?;
        words.get(word).cloned().flatten()
    }));
    Some(())
}

/// The numbers in column `name`, as what they measure; NaN where null.
///
/// # Errors
/// No such column; a type that is not a number; a null column.
fn numbers(schema: &Schema, batches: &[RecordBatch], measures: &str, name: &str) -> Result<Numbers> {
    let at = position(schema, name)?;
    let mut values = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        append_numbers(batch.column(at).as_ref(), &mut values).ok_or_else(|| {
            let kind = schema.field(at).data_type();
            column_error(name, format!("found type {kind}, expected numbers"))
        })?;
    }
    Ok(Numbers { channel: channel(measures)?, name: name.to_owned(), values })
}

fn append_numbers(array: &dyn Array, values: &mut Vec<f64>) -> Option<()> {
    fn append<T: ArrowPrimitiveType>(
        array: &dyn Array,
        values: &mut Vec<f64>,
        to: impl Fn(T::Native) -> f64,
    ) -> Option<()> {
        values.extend(array.as_primitive_opt::<T>()?.iter().map(|value| value.map_or(f64::NAN, &to)));
        Some(())
    }
    match array.data_type() {
        DataType::Float64 => append::<Float64Type>(array, values, |value| value),
        DataType::Float32 => append::<Float32Type>(array, values, f64::from),
        DataType::Float16 => append::<Float16Type>(array, values, f64::from),
        DataType::Int64 => append::<Int64Type>(array, values, |value| value as f64),
        DataType::Int32 => append::<Int32Type>(array, values, f64::from),
        DataType::Int16 => append::<Int16Type>(array, values, f64::from),
        DataType::Int8 => append::<Int8Type>(array, values, f64::from),
        DataType::UInt64 => append::<UInt64Type>(array, values, |value| value as f64),
        DataType::UInt32 => append::<UInt32Type>(array, values, f64::from),
        DataType::UInt16 => append::<UInt16Type>(array, values, f64::from),
        DataType::UInt8 => append::<UInt8Type>(array, values, f64::from),
        DataType::Decimal128(_, scale) => {
            let divisor = 10f64.powi(i32::from(*scale));
            append::<Decimal128Type>(array, values, |value| value as f64 / divisor)
        }
        DataType::Null => {
            values.extend(std::iter::repeat_n(f64::NAN, array.len()));
            Some(())
        }
        _ => None,
    }
}

/// A column for [`arrow_stream`]: name, kind, values, and which of them are there.
type Given<'py> = (String, String, Bound<'py, PyAny>, Option<Vec<bool>>);

/// An Arrow stream of one batch from `(name, kind, values, present)` columns.
///
/// Kinds: `float` (NaN becomes null), `int`, `bool`, `str`, and `time` or `time:<zone>` (UTC seconds).
/// `present` marks the values that are there; without it all are.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn arrow_stream<'py>(py: Python<'py>, columns: Vec<Given<'py>>) -> PyResult<Bound<'py, PyCapsule>> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
    for (name, kind, values, present) in columns {
        let is_there = |row: usize| present.as_ref().is_none_or(|present| present.get(row).copied().unwrap_or(false));
        let array: ArrayRef = match kind.as_str() {
            "float" => {
                let values: PyReadonlyArray1<'_, f64> = values.extract()?;
                let known = |value: &f64| (!value.is_nan()).then_some(*value);
                Arc::new(values.as_array().iter().map(known).collect::<Float64Array>())
            }
            "int" => Arc::new(integers(&values, is_there)?.into_iter().collect::<Int64Array>()),
            "bool" => {
                let values: PyReadonlyArray1<'_, bool> = values.extract()?;
                let known = |(row, value): (usize, &bool)| is_there(row).then_some(*value);
                Arc::new(values.as_array().iter().enumerate().map(known).collect::<BooleanArray>())
            }
            "str" => Arc::new(values.extract::<Vec<Option<String>>>()?.into_iter().collect::<StringArray>()),
            time => {
                let zone = time.strip_prefix("time").map(|zone| zone.trim_start_matches(':'));
                let zone = zone.ok_or_else(|| PyTypeError::new_err(format!("{name}: no column kind {kind:?}")))?;
                let zone = Some(zone).filter(|zone| !zone.is_empty());
                let seconds: TimestampSecondArray = integers(&values, is_there)?.into_iter().collect();
                Arc::new(seconds.with_timezone_opt(zone))
            }
        };
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(stream_error)?;
    let reader: Box<dyn RecordBatchReader + Send> = Box::new(RecordBatchIterator::new([Ok(batch)], schema));
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
}

fn integers(values: &Bound<'_, PyAny>, is_there: impl Fn(usize) -> bool) -> PyResult<Vec<Option<i64>>> {
    let values: PyReadonlyArray1<'_, i64> = values.extract()?;
    Ok(values.as_array().iter().enumerate().map(|(row, value)| is_there(row).then_some(*value)).collect())
}
